#!/usr/bin/env python
"""The paper's command line. `manage.py help` lists what it can do."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.management import execute_from_command_line

    from newsroom.launcher import environment_file

    environment_file.recall()
    execute_from_command_line(sys.argv)
