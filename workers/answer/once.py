"""The reply-once key: whoever has it may send a question's one terminal reply; it says afterwards that it is sent."""

CLAIMED = b"claimed"
_DONE = b"done "


def reply_key(request_id: str) -> str:
    """Where the key is in the cache."""
    return f"reply:{request_id}"


def done_for(asked_at: str) -> bytes:
    """What it holds once the broker has the reply. `asked_at`: the place of the record that asked."""
    return _DONE + asked_at.encode()


def whose(state: bytes | None) -> str | None:
    """The place of the record that asked, from what the key holds; None while the broker has no reply."""
    return state.removeprefix(_DONE).decode() if state is not None and state.startswith(_DONE) else None
