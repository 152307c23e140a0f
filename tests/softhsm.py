"""A token in software, in the place of hardware: SoftHSM, from Debian."""

import subprocess
from pathlib import Path

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
TOKEN, PIN = "studio", "2468"


def find_library() -> str | None:
    """Where it is, if it is."""
    return next((path for path in LIBRARIES if Path(path).exists()), None)


def configure(folder: Path) -> Path:
    """Write the settings that SOFTHSM2_CONF is to name; they are read once a process."""
    (folder / "tokens").mkdir()
    path = folder / "softhsm2.conf"
    path.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    return path


def make_token(library: str) -> None:
    """Put three keys on a new token: signer (P-256), large (P-384) and rsa."""
    import pkcs11  # noqa: PLC0415  optional
    from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415

    command = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN]
    subprocess.run([*command, "--pin", PIN, "--so-pin", "8642"], check=True, capture_output=True)
    found = pkcs11.lib(library).get_token(token_label=TOKEN)
    with found.open(rw=True, user_pin=PIN) as session:
        for label, curve in (("signer", "secp256r1"), ("large", "secp384r1")):
            named = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            domain = session.create_domain_parameters(pkcs11.KeyType.EC, named, local=True)
            domain.generate_keypair(store=True, label=label)
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="rsa")
