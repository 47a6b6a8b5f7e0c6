"""How good a network is: accuracy, calibration, robustness, and the report of them."""
