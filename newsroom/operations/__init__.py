"""What operators run: backups, verification, the doctor, and their commands."""
