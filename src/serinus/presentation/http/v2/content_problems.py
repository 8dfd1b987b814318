"""The problems there are with posts, tags, categories and comments, for `problem_catalogue`."""

from serinus.application.content import batching
from serinus.domain.content import categories, comments, post, revision, slug, taxonomy
from serinus.presentation.http.v2.explanation import Explanation

CATALOGUE: tuple[Explanation, ...] = (
    Explanation(
        post.PostNotFound,
        "Post not found",
        "There is no such post, or it is not published and not yours to see.",
        "Look for it in the list of posts.",
    ),
    Explanation(
        revision.RevisionNotFound,
        "Revision not found",
        "The post has no revision of this number, or none from so long ago was kept.",
        "Look for it in the list of its revisions.",
    ),
    Explanation(
        taxonomy.TagNotFound,
        "Tag not found",
        "There is no such tag.",
        "Look for it in the list of tags.",
    ),
    Explanation(
        categories.CategoryNotFound,
        "Category not found",
        "There is no such category.",
        "Look for it in the list of categories.",
    ),
    Explanation(
        comments.CommentNotFound,
        "Comment not found",
        "There is no such comment, or it is not approved and not yours to see.",
        "Look for it in the list of comments of its post.",
    ),
    Explanation(
        slug.SlugTaken,
        "Slug taken",
        "The slug leads, or once led, to another post.",
        "Choose another one, or leave it out to get a free one.",
    ),
    Explanation(
        post.AlreadyPublished,
        "Already published",
        "The post is published: to publish it later would mean to hide it until then.",
        "Unpublish it first if that is what you want.",
    ),
    Explanation(
        post.NothingToRestore,
        "Nothing to restore",
        "The post is neither deleted nor archived.",
        "Read it again: somebody else may have restored it.",
    ),
    Explanation(
        batching.BatchRefused,
        "Batch refused",
        "One operation could not be done, so none was; `errors` names it and says why.",
        "Correct that operation, or leave it out, and send the batch again.",
    ),
    Explanation(
        taxonomy.TagTaken,
        "Tag name taken",
        "There is a tag with this name, or with one that reads the same.",
        "Use that tag, or choose another name.",
    ),
    Explanation(
        categories.CategoryTaken,
        "Category slug taken",
        "Another category has this slug.",
        "Use that category, or choose another slug; without one, the name gives a free one.",
    ),
    Explanation(
        categories.CategoryCycle,
        "Category below itself",
        "The new parent is the category itself, or one below it.",
        "Read the tree again: somebody may have moved the other one meanwhile.",
    ),
    Explanation(
        categories.CategoryHasChildren,
        "Category has children",
        "There are categories below this one.",
        "Move or delete them first.",
    ),
    Explanation(
        comments.CommentsClosed,
        "Comments closed",
        "The post is not published, so nobody comments on it.",
        "Publish it first.",
    ),
    Explanation(
        comments.DuplicateComment,
        "Duplicate comment",
        "The same author has said the same within the last minute.",
        "It is there already; to send a request again safely, use an `Idempotency-Key`.",
    ),
)
