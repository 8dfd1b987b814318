"""Engine v1: contract v1 on FastAPI, SQLAlchemy and Pydantic.

Self-contained: nothing here imports another package of serinus, and only `serinus.wiring`
imports this one, so that the engine goes when its folder goes.

    application      create_app: puts the routers together
    sign_in, posts,  the routers, one per part of the contract
    tags, health, users,
    admin_posts
    authentication   who is asking; authorisation: what their role allows
    post_queries     reading posts; post_writing: creating and changing them
    models           the tables; schemas: bodies of requests and answers
    envelope         the shape of every answer and every failure
"""
