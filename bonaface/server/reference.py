"""The reference at /docs: the OpenAPI document as one plain page, without any scripts."""

from html import escape
from typing import Any

METHODS = ("get", "post", "patch", "delete")
STYLE = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-weight: 650; letter-spacing: -.02em; }
h2 { margin-top: 3rem; text-transform: capitalize; }
article { padding: 1rem 0; border-top: 1px solid rgb(128 128 128 / .3); }
h3 { margin: 0; font-size: 1rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
.method { display: inline-block; min-width: 4.5em; font-weight: 650; }
p { margin: .4rem 0; }
.answers { opacity: .75; font-size: .9rem; }
"""


def write_reference(document: dict[str, Any]) -> str:
    """Write an OpenAPI 3.1 document as HTML."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document['info']['title'])}: reference</title>",
        '<link rel="stylesheet" href="/docs/style.css"></head><body>',
        f"<h1>{escape(document['info']['title'])}</h1>",
        f"<p>{escape(document['info'].get('description', ''))}</p>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a></p>',
    ]
    for tag in document.get("tags", []):
        parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>")
        parts += [_operation(*one) for one in _tagged(document, tag["name"])]
    return "\n".join([*parts, "</body></html>"])


def _tagged(document: dict[str, Any], tag: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS and tag in operation.get("tags", [])
    ]


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    about = escape(operation.get("description", "")).replace("\n\n", "</p><p>")
    takes = ", ".join(operation.get("requestBody", {}).get("content", {}))
    asked = [f"<code>{escape(one['name'])}</code>" for one in operation.get("parameters", [])]
    lines = [
        f'<article><h3><span class="method">{method.upper()}</span>',
        f"<code>{escape(path)}</code></h3>",
        f"<p><strong>{escape(operation.get('summary', ''))}.</strong> {about}</p>",
        f"<p>Takes {escape(takes)}.</p>" if takes else "",
        f"<p>With {', '.join(asked)}.</p>" if asked else "",
        f'<p class="answers">Answers {", ".join(sorted(operation["responses"]))}.</p></article>',
    ]
    return "\n".join(filter(None, lines))
