"""`python -m omnibus`: the same as the command."""

from omnibus.cli.app import main

if __name__ == "__main__":
    main()
