#!/usr/bin/env python
"""The paper's command line. `manage.py help` lists what it can do."""

import sys

if __name__ == "__main__":
    from newsroom.launcher import environment_file
    from newsroom.launcher.command_line import execute

    environment_file.load()
    execute(sys.argv)
