"""From a claim to a verdict: probes that return evidence, and the rules that make evidence a finding."""
