"""A post by Django and its REST framework, in one file, as their manuals show it."""

import os
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

_database = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _database.hostname,
            "PORT": _database.port,
            "NAME": _database.path.removeprefix("/"),
            "USER": unquote(_database.username or ""),
            "PASSWORD": unquote(_database.password or ""),
            "CONN_MAX_AGE": None,  # a connection for each thread, kept
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
    TIME_ZONE="UTC",
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - after the settings
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class Outside:
    """Of tables that others have made."""

    app_label = "peer"
    managed = False


class User(models.Model):  # noqa: DJ008 - shown nowhere
    id = models.UUIDField(primary_key=True)
    username = models.TextField()
    first_name = models.TextField(null=True)  # noqa: DJ001 - as the table has it
    last_name = models.TextField(null=True)  # noqa: DJ001

    class Meta(Outside):
        db_table = "users"

    @property
    def name(self) -> str:
        whole = " ".join(filter(None, (self.first_name, self.last_name)))
        return whole or self.username


class Tag(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    slug = models.TextField()
    name = models.TextField()

    class Meta(Outside):
        db_table = "tags"


class Category(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    slug = models.TextField()
    name = models.TextField()

    class Meta(Outside):
        db_table = "categories"


class Post(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    type = models.TextField()
    author = models.ForeignKey(User, models.PROTECT)
    slug = models.TextField()
    title = models.TextField()
    content = models.TextField()
    content_format = models.TextField()
    excerpt = models.TextField(null=True)  # noqa: DJ001
    status = models.TextField()
    locale = models.TextField()
    featured_image = models.TextField(null=True)  # noqa: DJ001
    meta_title = models.TextField(null=True)  # noqa: DJ001
    meta_description = models.TextField(null=True)  # noqa: DJ001
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    version = models.IntegerField()

    class Meta(Outside):
        db_table = "posts"


class PostTag(models.Model):  # noqa: DJ008
    pk = models.CompositePrimaryKey("post_id", "tag_id")
    post = models.ForeignKey(Post, models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, models.CASCADE)
    position = models.SmallIntegerField()

    class Meta(Outside):
        db_table = "post_tags"
        ordering = ("position",)


class PostCategory(models.Model):  # noqa: DJ008
    pk = models.CompositePrimaryKey("post_id", "category_id")
    post = models.ForeignKey(Post, models.CASCADE, related_name="category_links")
    category = models.ForeignKey(Category, models.CASCADE)
    position = models.SmallIntegerField()

    class Meta(Outside):
        db_table = "post_categories"
        ordering = ("position",)


class AuthorOut(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "username", "name")


class TagOut(serializers.ModelSerializer):
    id = serializers.UUIDField(source="tag.id")
    slug = serializers.CharField(source="tag.slug")
    name = serializers.CharField(source="tag.name")

    class Meta:
        model = PostTag
        fields = ("id", "slug", "name")


class CategoryOut(serializers.ModelSerializer):
    id = serializers.UUIDField(source="category.id")
    slug = serializers.CharField(source="category.slug")
    name = serializers.CharField(source="category.name")

    class Meta:
        model = PostCategory
        fields = ("id", "slug", "name")


class PostOut(serializers.ModelSerializer):
    author = AuthorOut()
    tags = TagOut(source="tag_links", many=True)
    categories = CategoryOut(source="category_links", many=True)

    class Meta:
        model = Post
        exclude = ("deleted_at",)


class ShowPost(generics.RetrieveAPIView):
    queryset = (
        Post.objects.filter(deleted_at=None, status="published")
        .select_related("author")
        .prefetch_related(
            models.Prefetch("tag_links", PostTag.objects.select_related("tag")),
            models.Prefetch("category_links", PostCategory.objects.select_related("category")),
        )
    )
    serializer_class = PostOut


urlpatterns = [path("api/peer/posts/<uuid:pk>", ShowPost.as_view())]
application = get_wsgi_application()
