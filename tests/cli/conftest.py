from tests.wire.fixtures import openai_stub

__all__ = ["openai_stub"]
