"""Content as HTML: what is kept, and that nothing dangerous is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.post import ContentFormat
from serinus.infrastructure import rendering
from serinus.infrastructure.rendering import HtmlRendering
from tests.support.content import a_post

RENDERING = HtmlRendering()


def rendered(content: str, kind: ContentFormat = ContentFormat.MARKDOWN) -> str:
    post = a_post()
    return RENDERING.render(
        replace(post, text=replace(post.text, content=content, content_format=kind))
    )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (
            "# カナリア\n\n*a* **b** ~~c~~",
            "<h1>カナリア</h1>\n<p><em>a</em> <strong>b</strong> <s>c</s></p>\n",
        ),
        ("```py\n1 < 2\n```", '<pre><code class="language-py">1 &lt; 2\n</code></pre>\n'),
        ("a<br>b <b>c</b>", "<p>a<br>b <b>c</b></p>\n"),
        (
            "[a](https://example.org)",
            '<p><a href="https://example.org" rel="noopener noreferrer">a</a></p>\n',
        ),
    ],
)
def test_markdown_is_rendered(markdown: str, html: str) -> None:
    assert rendered(markdown) == html


def test_tables_keep_their_alignment() -> None:
    html = rendered("|a|b|\n|-|-:|\n|1|2|")

    assert '<td style="text-align:right">2</td>' in html.replace(": ", ":").replace(";", "")


@pytest.mark.parametrize(
    ("attack", "left"),
    [
        ("<script>alert(1)</script>", ""),
        ("<img src=x onerror=alert(1)>", '<img src="x">'),
        ("<a href='javascript:alert(1)'>a</a>", '<a rel="noopener noreferrer">a</a>'),
        ("<iframe src='https://example.org'></iframe>", ""),
        ("<style>*{}</style>", ""),
        ("<svg><script>alert(1)</script></svg>", ""),
        ("<p style='position:fixed' class='x' id='y'>a</p>", "<p>a</p>"),
        ("<form action='/'><input></form>", ""),
        ("<code class='language-py x'>a</code>", "<code>a</code>"),
        ("<math><mi xlink:href='data:x'></math>", ""),
    ],
)
def test_nothing_that_acts_is_left(attack: str, left: str) -> None:
    assert rendered(attack, ContentFormat.HTML) == left
    within = rendered(attack).replace("<p>", "").replace("</p>", "").strip()
    assert within == left.replace("<p>", "").replace("</p>", "")


@given(st.text(alphabet="<>/ab=\"'*_[]()`# \n&;:", max_size=60), st.sampled_from(ContentFormat))
def test_rendering_gives_only_tags_that_are_allowed(text: str, kind: ContentFormat) -> None:
    html = rendered(text, kind)

    assert rendered(html, ContentFormat.HTML) == html


async def test_long_content_is_rendered_off_the_loop_and_the_same() -> None:
    long = "*a* " * rendering.AT_ONCE
    post = a_post()
    post = replace(post, text=replace(post.text, content=long))

    assert await RENDERING(post) == RENDERING.render(post)
