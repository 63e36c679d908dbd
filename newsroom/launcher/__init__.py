"""Starting the paper: embedded servers, the processes of `make run`, and first set-up."""
