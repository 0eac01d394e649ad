"""What runs inside the sandbox: the standard library, NumPy and these files, nothing else of this project."""
