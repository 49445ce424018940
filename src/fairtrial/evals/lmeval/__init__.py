"""Task files of lm-evaluation-harness (0.4.13), the common subset, run as they are."""
