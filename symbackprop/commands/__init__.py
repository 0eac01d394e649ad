"""The commands of the command line, one file each. At import they load click and nothing else."""
