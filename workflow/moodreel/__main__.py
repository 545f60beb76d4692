"""`python -m moodreel` is the console command `moodreel`."""

from moodreel.cli import main

if __name__ == "__main__":
    main()
