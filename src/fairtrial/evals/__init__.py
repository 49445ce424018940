"""Plan to run: tasks from files, prompts, scorers by name, and the one asynchronous runner."""
