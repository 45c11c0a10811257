// Renders the OpenAPI document of this gateway. Without a validator's URL the page asks nobody else.
"use strict";

const { SwaggerUIBundle } = window; // from swagger-ui-bundle.js

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
  tryItOutEnabled: true,
  validatorUrl: null,
});
