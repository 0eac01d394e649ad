"""Array expressions such as x.T @ dz, and how index expressions are laid out as arrays."""
