/** A provider of a first configuration. */
export interface FirstProvider {
  type: string;
  models: string[];
  apiKey: string | undefined;
  endpoint: string | undefined;
}

/** A configuration with these providers, the first model being the default, and what else there is in comments. */
export function firstConfigText(providers: readonly FirstProvider[]): string {
  const [first] = providers;
  const blocks = providers.map(providerText).join(',\n');
  return `// The configuration of Claude Code Router. Comments may stand anywhere; a running router follows when it is saved.
// \`router config validate\` checks it, \`router doctor\` looks at all around it, \`router explain --text "…"\` says where a
// request would go.
{
  "router": {
    // Where clients find it: on this machine alone. Any other host makes the router ask for keys.
    "host": "localhost",
    "port": 8080
  },

  // Services and their models. \${NAME} is a variable of the environment, so that no key has to stand here.
  "providers": {
${blocks}
  },

  "routing": {
    // Answers what nothing else decides, whatever model the client names.
    "defaultModel": ${JSON.stringify(first ? `${first.type}/${first.models[0]}` : 'demo')},

    // Who answers when it fails, in this order:
    // "fallbacks": ["PROVIDER/MODEL"],

    // Other models for other kinds of requests:
    // "scenarios": { "background": "PROVIDER/MODEL", "think": "PROVIDER/MODEL", "longContext": "PROVIDER/MODEL" },
  },
}
`;
}

function providerText({ type, models, apiKey, endpoint }: FirstProvider): string {
  const fields = [
    `"type": ${JSON.stringify(type)}`,
    ...(endpoint === undefined ? [] : [`"baseUrl": ${JSON.stringify(endpoint)}`]),
    ...(apiKey === undefined ? [] : [`"apiKey": ${JSON.stringify(apiKey)}`]),
    `"models": { ${models.map((model) => `${JSON.stringify(model)}: {}`).join(', ')} }`,
  ];
  return `    ${JSON.stringify(type)}: {\n${fields.map((field) => `      ${field}`).join(',\n')}\n    }`;
}
