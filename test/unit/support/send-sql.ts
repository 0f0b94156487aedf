interface PipelineAnswer {
  results: { response: { result: { rows: { value: string }[][] } } }[];
}

/** One statement, as plain as it travels. */
export function sendSql(url: string, sql: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v3/pipeline`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql } }, { type: 'close' }] }),
  });
}

export async function query(url: string, sql: string): Promise<string[][]> {
  const answer = (await (await sendSql(url, sql)).json()) as PipelineAnswer;
  return answer.results[0]!.response.result.rows.map((row) => row.map(({ value }) => value));
}
