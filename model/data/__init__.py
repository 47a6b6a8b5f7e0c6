"""Pictures with labels: what networks are trained on and measured with."""
