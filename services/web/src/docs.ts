// The API documentation. It reads the document of this server; calls tried out
// go to the same origin with the session cookie, or with the token entered
// under Authorize.
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
// @ts-expect-error the package has no types
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

SwaggerUI({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
