/** What of Swagger UI is used here; its whole configuration stands at https://swagger.io/docs. */
declare module '@fastify/swagger-ui/static/swagger-ui-bundle.js' {
  export default function SwaggerUIBundle(options: {
    readonly url: string;
    readonly domNode: Element | null;
    readonly deepLinking: boolean;
    readonly defaultModelsExpandDepth: number;
    readonly docExpansion: 'full' | 'list' | 'none';
    readonly validatorUrl: null;
  }): unknown;
}
