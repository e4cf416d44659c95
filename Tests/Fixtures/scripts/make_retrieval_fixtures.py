"""Writes the files that the tests of NeedletailRetrieval read. Run it from the package root; needs nothing but Python 3."""

import pathlib

folder = pathlib.Path("Tests/NeedletailRetrievalTests/Fixtures")
folder.mkdir(parents=True, exist_ok=True)


def write(name, contents):
    (folder / name).write_bytes(contents if isinstance(contents, bytes) else contents.encode("utf-8"))


def pdf(pages, title):
    """The smallest PDF file that shows one line of text on each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        stream = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        content = len(objects)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) /Author (Ada Example) >>")
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{table}\n%%EOF\n"
    return out


write("birds.md", """---
title: "Swifts and needletails"
tags: [birds, flight]
year: 2021
draft: false
authors:
  - Ada Example
  - Ben Sample
source:
  shelf: B12
  pages: 3
summary: >
  Fast birds
  of the air.
---

# Swifts

The needletail flies faster than other birds in level flight.

## Nests

Swifts glue their nests to walls.
""")
write("page.html", """<!DOCTYPE html>
<html lang="en"><head><title>Bread &amp; yeast</title><meta name="author" content="Cleo Test">
<style>p { color: red }</style><script>var hidden = "<p>script</p>";</script></head>
<body><nav><a href="/">Home</a> menu words</nav>
<h1>Bread</h1><p>Yeast makes&nbsp;dough <b>rise</b>&mdash;slowly &#233; &#x1F35E;.</p>
<p hidden>secret paragraph</p><p>Shown again.<div style="display: none">also secret</div>
<h2>Rye</h2><ul><li>Flour<li>Water</ul><pre>  keep
    spaces</pre>
<table><tr><td>one</td><td>two</td></tr></table></body></html>
""")
write("latin.html", '<html><head><meta charset="iso-8859-1"><title>Café</title></head><body><p>Crème brûlée “quoted”</p></body></html>'.encode("cp1252"))
write("cyrillic.html", '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"></head><body><h1>Птицы</h1><p>Стриж летает быстро.</p></body></html>'.encode("cp1251"))
write("plain.txt", "A plain note about rivers.\r\nSecond line.\r\n")
write("bom.txt", b"\xef\xbb\xbfText after a mark.")
write("utf16le.txt", b"\xff\xfe" + "Wide text with é".encode("utf-16-le"))
write("utf16be-unmarked.txt", "Wide text without any mark, big end first".encode("utf-16-be"))
write("windows.txt", "Smart “quotes” and a €uro".encode("cp1252"))
write("people.csv", 'id,name,text,age\n7,"Doe, Jane","She said ""hi""\nand left",41\n8,Roe,Short text,007\n\n,Nobody,Without a key,\n')
write("semicolon.csv", "Titel;Inhalt\nEins;Der erste Text\nZwei;Der zweite Text\n")
write("terms.tsv", "key\ttext\nalpha\tThe first letter\nbeta\tThe second letter\n")
write("records.jsonl", '{"_id": "d1", "title": "First", "text": "Body of one", "year": 2020, "tags": ["a", "b"]}\n\n{"_id": "d2", "title": "Second", "text": "Body of two", "big": 9007199254740993}\n{"_id": "d2", "text": "Same key again"}\n{"_id": "d4", "note": null}\n')
write("tool", "#!/usr/bin/env -S python3 -u\nprint('hello')\n")
write("main.swift", "// Says hello.\nfunc hello() {\n  print(\"hello\")\n}\n")
write("image.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
write("unknown.dat", bytes(range(256)) * 4)
write("two-pages.pdf", pdf(["Swifts sleep in the air", "Bread needs yeast"], "A short paper"))
write("empty.pdf", pdf([""], "Scan"))
write("broken.pdf", b"%PDF-1.4\nthis is no such file\n")
write("letter.eml", """Return-Path: <ada@example.org>\r
From: =?UTF-8?Q?Ada_Ex=C3=A4mple?= <ada@example.org>\r
To: Ben <ben@example.org>, "Last, First" <c@example.org>\r
Subject: =?utf-8?B?w5xiZXIgVsO2Z2Vs?= =?iso-8859-1?Q?_und_Br=F6tchen?=\r
Date: Tue, 24 Nov 2026 07:07:02 +0100 (CET)\r
Message-ID: <1@example.org>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="outer"\r
\r
Not shown.\r
--outer\r
Content-Type: multipart/alternative; boundary=inner\r
\r
--inner\r
Content-Type: text/plain; charset="utf-8"\r
Content-Transfer-Encoding: quoted-printable\r
\r
Die V=C3=B6gel fliegen sehr =\r
schnell.\r
--inner\r
Content-Type: text/html\r
\r
<p>HTML version</p>\r
--inner--\r
--outer\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: base64\r
\r
QnL2dGNoZW4gZ2VoZW4gYXVmLg==\r
--outer\r
Content-Type: application/pdf; name*=utf-8''Pl%C3%A4ne.pdf\r
Content-Disposition: attachment\r
Content-Transfer-Encoding: base64\r
\r
JVBERi0=\r
--outer--\r
""")
write("html-only.eml", "From: a@example.org\nSubject: Offer\nContent-Type: text/html; charset=utf-8\n\n<html><body><style>x</style><p>Only <b>markup</b> here</p></body></html>\n")
