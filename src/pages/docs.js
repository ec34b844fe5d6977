// Shows the interface of this host. Without `validatorUrl` the viewer would send its address to a
// validator elsewhere.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
});
