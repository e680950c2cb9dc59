"""Running Plenum: the server, its Valkey, the doctor, backups, and what is done again and again."""
