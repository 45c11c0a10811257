"""Import names lead to the distributions that have them."""

import pytest

from services.stages.semantic.catalog import Catalog
from services.stages.semantic.distributions import ImportNames

FIRST = {
    "cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml", "sklearn.linear_model": "scikit-learn",
    "bs4": "beautifulsoup4", "dateutil.parser": "python-dateutil", "attr": "attrs", "jwt": "pyjwt",
    "Crypto.Cipher": "pycryptodome", "OpenSSL": "pyopenssl", "serial": "pyserial", "usb.core": "pyusb", "zmq": "pyzmq",
    "dotenv": "python-dotenv", "magic": "python-magic", "win32com.client": "pywin32", "ruamel.yaml": "ruamel-yaml",
    "pkg_resources": "setuptools", "mpl_toolkits.mplot3d": "matplotlib", "wx": "wxpython", "cairo": "pycairo",
    "fitz": "pymupdf", "skimage": "scikit-image", "MySQLdb": "mysqlclient", "psycopg2": "psycopg2",
    "ldap": "python-ldap", "docx": "python-docx", "pptx": "python-pptx", "telegram": "python-telegram-bot",
    "discord": "discord-py", "github": "pygithub", "gitlab": "python-gitlab", "slugify": "python-slugify",
    "jose": "python-jose", "nacl": "pynacl", "socks": "pysocks", "google.cloud.storage": "google-cloud-storage",
    "google.protobuf": "protobuf", "llama_index": "llama-index", "langchain_openai": "langchain-openai",
    "requests": "requests", "pydantic.config": "pydantic", "umap": "umap-learn", "dns.resolver": "dnspython",
}  # fmt: skip


@pytest.fixture(scope="module")
def names() -> ImportNames:
    """Names over the shipped catalog."""
    return ImportNames(Catalog())


@pytest.mark.parametrize(("module", "distribution"), FIRST.items())
def test_modules_lead_to_their_distribution(names: ImportNames, module: str, distribution: str) -> None:
    """A well-known module leads first to the distribution that people install for it."""
    assert names.distributions(module)[0] == distribution


@pytest.mark.parametrize(
    "module", ["bpy", "maya.cmds", "unreal", "idaapi", "gdb", "vim", "xbmcgui", "rospy", "apt", "gi"]
)
def test_modules_of_applications_are_known(names: ImportNames, module: str) -> None:
    """Modules that an application or a system brings along need no distribution."""
    assert names.host(module)
    assert names.is_known(module)


def test_made_up_modules_are_not_known(names: ImportNames) -> None:
    """A module that nothing provides is not known."""
    assert not names.is_known("quantum_flux_serializer")
    assert not names.is_known("quantum_flux_serializer.core")
    assert names.distributions("quantum_flux_serializer") == ()


def test_every_ranked_distribution_is_known_as_a_module(names: ImportNames) -> None:
    """Whatever is in the catalog is never taken for made up, dashes turned to underscores or not."""
    assert [name for name in names.catalog.ranked if not names.is_known(name.replace("-", "_"))] == []


def test_own_aliases_lead_to_distributions_that_exist(names: ImportNames) -> None:
    """The table of aliases names only distributions of the catalog."""
    missing = {name for found in names.aliases.values() for name in found if name not in names.catalog}
    assert missing == set()
