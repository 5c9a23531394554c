"""Run the command as `python -m trailmend`."""

from trailmend.cli import main

main()
