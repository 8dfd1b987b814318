"use strict";
// This Swagger UI reads OpenAPI 3.0 at most; the published document is 3.1.
SwaggerUIBundle({
  url: "/api/docs/openapi-3.0.json",
  dom_id: "#docs",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  docExpansion: "list",
  presets: [SwaggerUIBundle.presets.apis],
});
