"""The truth: what the bucket holds, and the segments that its content makes."""

from collections.abc import Mapping

from chaos.judge import Piece, Truth
from omnibus.composition import SEGMENT_TOKENS, bucket_of
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import Settings
from workers.adapters.text.splitter import SemanticSplitter
from workers.domain.decoded import DecodedText
from workers.domain.media import ObjectInfo

LIMIT = 1_000_000


def bucket_truth(settings: Settings) -> Mapping[str, Truth]:
    """Every object of the indexed bucket, by its key; read anew, whatever the clients believe that they put there."""
    bucket = bucket_of(settings)
    models = Models(store_of(settings), profile_named(settings.profile))
    splitter = SemanticSplitter(models.tokenizer(), SEGMENT_TOKENS)

    def truth(listed: ObjectInfo) -> Truth:
        # A listing does not tell the version.
        info = bucket.stat(listed.ref) or listed
        data = bucket.read(listed.ref, limit=LIMIT)
        return Truth(info.etag, info.version_id, _pieces(listed.ref.key, data, splitter))

    return {listed.ref.key: truth(listed) for listed in bucket.list(settings.bucket)}


def _pieces(key: str, data: bytes, splitter: SemanticSplitter) -> tuple[Piece, ...]:
    if key.endswith(".png"):
        return (Piece("image", None),)
    text = data.decode()
    return tuple(Piece("text", text[slice(*span)]) for span in splitter.split(DecodedText("text/plain", text)))
