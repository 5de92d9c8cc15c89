"""The composition root of the workers: settings and adapters become the parts that the flows work with."""

from collections.abc import Sequence
from os import cpu_count, environ
from time import monotonic

from omnibus.profiles import FLOORS, Models, profile_named, store_of
from omnibus.settings import Settings
from producers.kafka import Publisher
from producers.s3 import s3_client
from workers.adapters.bucket.s3 import S3Bucket
from workers.adapters.cache.redis import RedisCache
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.adapters.index.lance import LanceIndex
from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.locks.redis import RedisLocks
from workers.adapters.text.splitter import SemanticSplitter
from workers.answer.asked import Questions
from workers.answer.encode import EncodedQuestions, QuestionEncoder
from workers.answer.flow import AnswerParts
from workers.answer.generate import Writer
from workers.answer.reply import Replies
from workers.answer.retrieve import Retrieval
from workers.domain.segment import Space
from workers.ingest.announce import Announcer
from workers.ingest.course import Hearing
from workers.ingest.embed import Embedder
from workers.ingest.erase import Eraser
from workers.ingest.flow import IngestParts
from workers.ingest.listen import Listener
from workers.ingest.notes import NoteBook
from workers.ingest.read import PictureReader
from workers.ingest.watch import Watcher
from workers.ports.index import Index

SEGMENT_TOKENS = 200
"""Tokens of a segment at most: within MiniLM's 256, with room for a heading."""


def bucket_of(settings: Settings) -> S3Bucket:
    """The bucket."""
    return S3Bucket(s3_client(settings.s3, settings.access_key, settings.secret_key))


def index_of(settings: Settings, spaces: Sequence[Space]) -> Index:
    """The index of the stack, with the spaces of the profile's encoders."""
    if settings.stack == "embedded":
        return LanceIndex(settings.data / "index", spaces)
    return WeaviateIndex(
        settings.weaviate, settings.weaviate_grpc, settings.weaviate_key, spaces, RedisLocks(settings.redis)
    )


def decoder_of() -> SandboxedDecoder:
    """The decoder, with its process not yet started."""
    return SandboxedDecoder(DecodeLimits())


def ingest_parts(settings: Settings, *, heavy: bool = False) -> IngestParts:
    """What an ingest worker works with; one that is not for `heavy` work hands recordings over."""
    models = Models(store_of(settings), profile_named(settings.profile))
    text = models.text()
    image = models.image(text)
    cache = RedisCache(settings.redis)
    bucket, decoder, eraser = bucket_of(settings), decoder_of(), Eraser(cache)
    announcer = Announcer(Publisher(settings.kafka, source="/omnibus/ingest"))
    sound = models.sound(text)
    reader = None
    if settings.read_pictures != "none":
        # The reader's library does not heed what bounds torch's threads (omnibus/work.py).
        threads = int(environ.get("OMP_NUM_THREADS") or cpu_count() or 1)
        reader = PictureReader(
            reader=models.reader(threads),
            bucket=bucket,
            decoder=decoder,
            cache=cache,
            eraser=eraser,
            look_first=settings.read_pictures == "likely",
            max_object_bytes=settings.max_object_bytes,
        )
    hearing = None
    if heavy:
        listener = Listener(models.transcriber(), sound)
        hearing = Hearing(
            listener, Watcher(image, reader), NoteBook(cache, eraser), bucket, announcer, cache, monotonic
        )
    return IngestParts(
        bucket=bucket,
        index=index_of(settings, models.spaces()),
        decoder=decoder,
        hearing=hearing,
        sound_space=sound.space.id,
        splitter=SemanticSplitter(models.tokenizer(), SEGMENT_TOKENS),
        reader=reader,
        embedder=Embedder(text, image, cache),
        eraser=eraser,
        announcer=announcer,
        max_object_bytes=settings.max_object_bytes,
        keep_taken=settings.read_exif,
    )


def reply_desk(settings: Settings) -> tuple[Questions, Replies]:
    """The questions and their replies, which need no model."""
    cache = RedisCache(settings.redis)
    return Questions(cache), Replies(Publisher(settings.kafka, source="/omnibus/answer"), cache)


def answer_parts(settings: Settings, questions: Questions, replies: Replies) -> AnswerParts:
    """What an answer worker works with; its threads share all of it."""
    models = Models(store_of(settings), profile_named(settings.profile))
    text = models.text()
    image = models.image(text)
    index = index_of(settings, models.spaces())
    cache = RedisCache(settings.redis)
    encoder = QuestionEncoder(
        text=text,
        image=image,
        bucket=bucket_of(settings),
        decoder=decoder_of(),
        buckets=(settings.bucket, settings.question_bucket),
        max_object_bytes=settings.max_object_bytes,
        keep_taken=settings.read_exif,
    )
    return AnswerParts(
        questions=questions,
        encoded=EncodedQuestions(cache),
        encoder=encoder,
        text=text,
        index=index,
        retrieval=Retrieval(index, text.space.id, image.space.id, models.sound(text).space.id),
        floors=FLOORS,
        writer=Writer(models.generator(), FLOORS, settings.answer_tokens),
        replies=replies,
        lineage=models.lineage(),
    )


def projection_of(settings: Settings) -> Index:
    """The index for whoever compares it with the bucket: no model is loaded for that."""
    models = Models(store_of(settings), profile_named(settings.profile))
    return index_of(settings, models.spaces())
