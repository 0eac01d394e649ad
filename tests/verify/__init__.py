"""Tests of the judge: a package, so that its files may share names with the shelf's."""
