"""Contract v1 over engine v2: what v1 clients were promised, answered by the new engine.

app              puts it together, from the use cases in services
strictness       where the framework is kinder than the contract
envelope         the one form of every answer
failures         every failure, as that form
shapes           bodies, in and out
reading          requests into values: JSON bodies, query strings, ids
permissions      its words for the scopes of API keys
wording          the contract's words for what the rules refuse
signed_in        who is asking
accounts, api_keys, posts, tags, condition    the operations
users, admin_posts
pages            lists by page number
last_wins        writers that meet
openapi          the contract as a document
turned_away      answers to requests that get no further than the layer in front
"""
