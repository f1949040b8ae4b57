"""The shipped data of `metaads demo`."""
