"""Questions, and their cancellation, as they travel on `rag.queries`."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import NAMESPACE_URL, uuid5

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from schemas.envelope import Message

INLINE_LIMIT = 512 * 1024
"""Bytes of a picture that may travel inside a question; larger ones are referred to by bucket and key."""

ID_LIMIT = 200
"""Characters of a request id or another attribute that a sender may choose and gets back."""

Modality = Literal["text", "image", "audio", "video"]


class MediaRef(BaseModel):
    """A picture or a sound that is part of a question: in the bucket, or inline as base64."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: Annotated[str, StringConstraints(min_length=1)] | None = None
    key: Annotated[str, StringConstraints(min_length=1)] | None = None
    data: str | None = None
    media_type: str | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        referred = self.bucket is not None and self.key is not None
        if referred == (self.data is not None) or (self.bucket is None) != (self.key is None):
            raise ValueError("give either bucket and key, or data (base64), not both")
        return self

    @field_validator("data")
    @classmethod
    def _is_small_base64(cls, data: str | None) -> str | None:
        if data is not None:
            try:
                size = len(base64.b64decode(data, validate=True))
            except ValueError:
                raise ValueError("data is not base64") from None
            if size > INLINE_LIMIT:
                raise ValueError(
                    f"{size} bytes inline; at most {INLINE_LIMIT} are allowed, refer to larger media by bucket and key"
                )
        return data

    @classmethod
    def inline(cls, data: bytes, media_type: str | None = None) -> Self:
        """A reference that carries its bytes."""
        return cls(data=base64.b64encode(data).decode(), media_type=media_type)

    def inline_bytes(self) -> bytes | None:
        """The bytes that travel inside, None for a reference into the bucket."""
        return None if self.data is None else base64.b64decode(self.data)


class Near(BaseModel):
    """A place, in degrees north and east, and how many kilometres around it are searched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    km: float = Field(gt=0, le=20_100)


class QueryFilters(BaseModel):
    """Narrows what is searched. Empty means everything of the tenant.

    `taken_after` is within, `taken_before` is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    modality: list[Modality] = Field(default_factory=list)
    prefix: str = ""
    taken_after: AwareDatetime | None = None
    taken_before: AwareDatetime | None = None
    near: Near | None = None

    @property
    def by_taking(self) -> bool:
        """Whether it is asked when or where pictures were taken."""
        return (self.taken_after, self.taken_before, self.near) != (None, None, None)

    @model_serializer(mode="wrap")
    def _only_set_fields(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A dispatcher of an earlier version refuses the names that it does not know, even with null.
        return {name: value for name, value in handler(self).items() if value is not None}


class QueryRequested(Message):
    """A question: at least one of text, image and audio.

    Unlike other messages it refuses fields that it does not know: a misspelt `top_k` must not be passed over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    event_type: ClassVar[str] = "io.omnibus.query.requested.v1"

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000)] | None = None
    image: MediaRef | None = None
    audio: MediaRef | None = None
    filters: QueryFilters = Field(default_factory=QueryFilters)
    top_k: int = Field(default=10, ge=1, le=100)
    generate: bool = True
    stream: bool = False
    deadline: AwareDatetime | None = None
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "default"
    reply_topic: Annotated[str, StringConstraints(max_length=249)] | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.text or self.image or self.audio):
            raise ValueError("a question needs at least one of text, image and audio")
        return self


class QueryCancelled(Message):
    """The requester no longer wants the answer. Whoever knows the request id may say so."""

    event_type: ClassVar[str] = "io.omnibus.query.cancelled.v1"

    request_id: Annotated[str, StringConstraints(min_length=1)]


def request_id(attributes: Mapping[str, str], topic: str, partition: int, offset: int) -> str:
    """The id of the question that stands there: its `ce_id`, or one made of the place where it has none."""
    given = attributes.get("id", "")
    if given and len(given) <= ID_LIMIT:
        return given
    return str(uuid5(NAMESPACE_URL, f"omnibus:request:{topic}:{partition}:{offset}"))


def redriven_request_id(first: str, number: int) -> str:
    """The id of a question that is asked anew from the dead letters, the `number`-th time; `first` was its first id."""
    return str(uuid5(NAMESPACE_URL, f"omnibus:redriven-request:{number}:{first}"))
