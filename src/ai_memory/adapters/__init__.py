"""The world: one module or folder per outside thing, named for it."""
