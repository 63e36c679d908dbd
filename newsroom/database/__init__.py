"""Django's PostgreSQL backend, for a server that may hang instead of ending.

`ENGINE = "newsroom.database"`. PostgreSQL's own limits (`statement_timeout`) do not help
against a server that stands still, nor do keepalives on a unix socket: the client has to
know how long it waits.
"""
