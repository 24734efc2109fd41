import { formatTime } from '../summary-text-figures.ts'
import { verdictOf } from '../verdict.ts'
import { driversSection, errorsSection, requestsSection } from './breakdown-sections.ts'
import { hoverScript } from './hover-script.ts'
import { cutText, html, Markup } from './markup.ts'
import { askedAndDoneSection, slosSection, verdictSection, warningsSection } from './opening-sections.ts'
import {
  environmentSection,
  glossarySection,
  scenarioSection,
  steeringSection,
  timeText,
} from './record-sections.ts'
import type { ReportInput } from './report-input.ts'
import { reportPolicy } from './report-policy.ts'
import { reportStyle } from './report-style.ts'
import { timeSections } from './time-sections.ts'

/**
 * A run as one HTML file for somebody who was not there, which needs no network. Verdict, tables and charts are plain HTML
 * and SVG, so that they show where a server forbids styles and scripts, too; a small script adds reading off what is pointed
 * at. The policy in its head lets in these two of its own and nothing else. A run that is not over, or never began, has a
 * report as well.
 */
export const renderHtmlReport = (input: ReportInput): string => {
  const { result, version } = input
  const verdict = verdictOf(result)
  const name = cutText(result.name)
  const when = result.startedAt ?? result.createdAt
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${reportPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${name}: ${verdict.word} (load test)</title>
<style>${new Markup(reportStyle)}</style>
</head>
<body>
<header>
<p>Load test report</p>
<h1>${name}</h1>
<p>Run ${cutText(result.id)}, ${result.startedAt === null ? 'created' : 'started'} ${timeText(when)}${result.startedAt !== null && `, ${formatTime(result.elapsedMs)} long`}.</p>
<nav aria-label="Sections">${links.map(([id, text]) => html`<a href="#${id}">${text}</a> `)}</nav>
</header>
<main>
${verdictSection(result, verdict)}${slosSection(result)}${warningsSection(result)}${askedAndDoneSection(result)}${timeSections(input)}${requestsSection(input)}${errorsSection(result)}${driversSection(result)}${steeringSection(result)}${environmentSection(result, version)}${scenarioSection(result)}${glossarySection()}</main>
<script>${new Markup(hoverScript)}</script>
</body>
</html>
`
  return page.text
}

const links = [
  ['verdict', 'Verdict'],
  ['slos', 'SLOs'],
  ['warnings', 'Warnings'],
  ['load', 'Asked and done'],
  ['time', 'Charts'],
  ['requests', 'Requests'],
  ['errors', 'Errors'],
  ['drivers', 'Drivers'],
  ['steering', 'Steering'],
  ['environment', 'Environment'],
  ['scenario', 'Scenario'],
  ['method', 'How measured'],
] as const
