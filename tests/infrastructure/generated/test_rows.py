"""Made-up posts: the same for the same seed, and spread as on a real site."""

from collections import Counter
from datetime import UTC, datetime
from statistics import median
from typing import Any

from serinus.infrastructure.generated import population
from serinus.infrastructure.generated.rows import COLUMNS, Cast, PostRows, Rows
from serinus.infrastructure.generated.words import languages

TODAY = datetime(2030, 1, 1, tzinfo=UTC)
ALL = range(10_000)


def made(seed: int = 1, first: int = 0, posts: int = 2_000) -> Rows:
    cast = Cast(
        authors=list(population.authors(seed, 20)),
        tags=[each.id for each in population.tags(200)],
        categories=[each.id for each in population.categories(20)],
        comments=0.5,
    )
    return PostRows(seed, cast, ALL, TODAY).of(range(first, first + posts))


def column(rows: Rows, table: str, name: str) -> list[Any]:
    place = COLUMNS[table].index(name)
    return [row[place] for row in getattr(rows, table)]


def test_a_post_depends_on_its_seed_and_number_alone() -> None:
    assert made(first=7, posts=1).posts == made(posts=8).posts[7:]
    assert made(seed=2, posts=1).posts != made(seed=1, posts=1).posts


def test_rows_have_the_columns_they_are_copied_to() -> None:
    rows = made()

    for table, columns in COLUMNS.items():
        assert {len(row) for row in getattr(rows, table)} == {len(columns)}


def test_half_of_the_posts_are_about_a_kilobyte_or_less_and_some_are_long() -> None:
    sizes = [len(text.encode()) for text in column(made(), "posts", "content")]

    assert 800 < median(sizes) < 1_200
    assert 15_000 < max(sizes) < 30_000


def test_posts_become_more_and_none_is_older_than_the_one_before_it() -> None:
    created = column(made(posts=len(ALL)), "posts", "created_at")

    assert created == sorted(created)
    assert len([at for at in created if at.year == 2029]) > 5 * len(
        [at for at in created if at.year == 2018]
    )


def test_both_languages_are_written() -> None:
    locales = Counter(locale[:2] for locale in column(made(), "posts", "locale"))

    assert set(locales) == {language.locale for language in languages()}
    assert min(locales.values()) > 400


def test_few_tags_are_met_often_and_most_hardly_ever() -> None:
    met = Counter(column(made(), "post_tags", "tag_id")).most_common()

    assert met[0][1] > 30 * met[-1][1]


def test_most_posts_are_published_and_every_status_is_there() -> None:
    statuses = Counter(column(made(), "posts", "status"))

    assert set(statuses) == {"draft", "scheduled", "published", "archived"}
    assert statuses["published"] > 1_700


def test_nothing_is_newer_than_the_day_it_is_made_on() -> None:
    rows = made()

    assert max(column(rows, "posts", "updated_at")) <= TODAY
    assert max(column(rows, "comments", "created_at")) <= TODAY


def test_names_do_not_end() -> None:
    names = [each.slug for each in population.tags(20_000)]

    assert len(set(names)) == 20_000


def test_every_topic_of_a_language_has_one_in_the_other() -> None:
    english, japanese = languages()

    assert len(english.topics) == len(japanese.topics)
    assert {len(topic.things) for each in languages() for topic in each.topics} == {14}
