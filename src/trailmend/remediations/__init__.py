"""One module for each IAM noun: generators that ask, and propose changes with their undo."""
