"""One module for each event: what it means, how it is found, how it is mended."""
