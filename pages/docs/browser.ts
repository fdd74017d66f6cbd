import '@fastify/swagger-ui/static/swagger-ui.css';
import '../look/docs.css';
import SwaggerUIBundle from '@fastify/swagger-ui/static/swagger-ui-bundle.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('reference'),
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'full',
  /* The default sends the address of the document to a service elsewhere. */
  validatorUrl: null,
});
