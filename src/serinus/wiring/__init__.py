"""The composition root: the one package that knows every concrete class.

database      where the data is: the server of `DATABASE_URL`, or the embedded one
http          settings -> stores -> use cases -> the ASGI application
serving       the HTTP server around it, in processes of its own
operations    what the commands of the CLI do
"""
