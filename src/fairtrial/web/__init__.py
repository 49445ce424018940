"""What answers over HTTP: a model as an OpenAI-compatible endpoint."""
