"""``python -m gongbi.science COMMAND …``: the library from a shell, with no district, no database and no Django."""

from gongbi.science.commands import main

if __name__ == "__main__":
    raise SystemExit(main())
