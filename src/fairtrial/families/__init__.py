"""Item families: one file a family. From a template and a seed to a sample."""
