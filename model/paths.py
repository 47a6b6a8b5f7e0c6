"""Where the files lie that train.py makes and the program reads."""

from pathlib import Path

WEIGHTS = Path(__file__).with_name("digits.keras")
REPORT = Path(__file__).with_name("report.json")
EMBEDDING = Path(__file__).with_name("symbols.keras")
COMPARISON = Path(__file__).with_name("symbols.json")
NUMBERS = Path(__file__).with_name("numbers.keras")
JUDGE = Path(__file__).with_name("judge.keras")
