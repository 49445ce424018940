from tests.wire.fixtures import anthropic_stub, fault_server, google_stub, openai_stub

__all__ = ["anthropic_stub", "fault_server", "google_stub", "openai_stub"]
